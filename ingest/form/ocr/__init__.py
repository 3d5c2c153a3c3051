"""Pictures of pages → words, leaders and boxes to tick. Imported only when there is a picture to read."""
