"""Record batches as other clients may write them, and a way to hand them to a broker unseen."""
