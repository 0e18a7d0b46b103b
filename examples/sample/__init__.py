"""An invented retailer with shops and an online shop, small enough to run in a minute."""
