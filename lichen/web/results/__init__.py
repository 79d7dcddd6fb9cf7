"""Tables of results that people bring: checked first, taken in when somebody says so, followed until judged."""
