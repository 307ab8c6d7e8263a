"""What the players of a game carry is no stock."""


class Inventory(Model):
    def take(self, player_id, item_id, wanted):
        held = Inventory.get_or_none(player_id=player_id, item_id=item_id)
        if held is None or held.quantity < wanted:
            return False
        held.quantity -= wanted  # fine: INV001
        held.save()
        return True
