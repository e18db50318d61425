"""SQL: what is true. Nothing above knows a table or a dialect."""
