"""These modules do every read that a page or the API makes, by noun. Nothing here changes anything."""
