"""SQL: what is true. Nothing above this floor knows a table or a dialect."""
