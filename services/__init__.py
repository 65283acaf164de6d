"""Operations: what may happen, to whom, in one transaction; owns all SQL."""
