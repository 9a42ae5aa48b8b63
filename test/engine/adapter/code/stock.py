"""Stock: every change is noted in the ledger before it is made."""

from shop import ledger


def receive(shelf, item, count):
    with ledger.noted("receive", shelf=shelf.number, item=item.name, count=count) as entry:
        shelf.items[item] += count
        return entry.close(shelf.items[item])


def move(item, source, target):
    with ledger.noted("move", item=item.name, source=source.number, target=target.number) as entry:
        target.items[item] = source.items.pop(item)
        return entry.close(target.items[item])


def count_again(shelf, item, count):
    with ledger.noted("count_again", shelf=shelf.number, item=item.name, count=count) as entry:
        shelf.items[item] = count
        return entry.close(count)
