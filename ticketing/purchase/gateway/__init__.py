"""Take in what the payment gateway says by itself: reports, disputes, its own books, and what a person must look at."""
