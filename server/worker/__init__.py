"""What runs beside the conversation: deliveries claimed from the outbox, pushes, texts, and the schedule."""
