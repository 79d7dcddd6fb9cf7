"""Reports: many points of an element judged together, as its descriptor's reports make them."""
