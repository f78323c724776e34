"""What operators' systems were asked and answered, how runs stand, and how the worker's jobs fare."""
