"""The portal's pages: HTML that works without JavaScript, and better with it."""
