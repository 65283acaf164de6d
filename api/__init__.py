"""The JSON face: thin endpoints over services, problems as RFC 9457."""
