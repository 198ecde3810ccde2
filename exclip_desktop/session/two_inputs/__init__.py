"""Two pictures or two captions: the request, and what each of the two views shows of the answer."""
