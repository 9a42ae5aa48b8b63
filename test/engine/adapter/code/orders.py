"""Orders: every change is noted in the ledger before it is made."""

from shop import ledger


def add_item(order, item, count):
    with ledger.noted("add_item", order=order.number, item=item.name, count=count) as entry:
        order.items[item] = order.items.get(item, 0) + count
        return entry.close(order.items[item])


def remove_item(order, item):
    with ledger.noted("remove_item", order=order.number, item=item.name) as entry:
        left = order.items.pop(item)
        return entry.close(left)


def ship(order, carrier):
    with ledger.noted("ship", order=order.number, carrier=carrier) as entry:
        order.carrier = carrier
        return entry.close(order.carrier)


def cancel(order, reason):
    with ledger.noted("cancel", order=order.number, reason=reason) as entry:
        order.items.clear()
        return entry.close(reason)
