# The caller of `Batch.allocate` in `bad_sqlalchemy.py`: it loads the batch and stores what the method changed.
def allocate(command, unit_of_work):
    with unit_of_work:
        batch = unit_of_work.batches.get(command.reference)
        batch.allocate(command.quantity)
        unit_of_work.commit()
