"""What happens in each channel, block by block."""
