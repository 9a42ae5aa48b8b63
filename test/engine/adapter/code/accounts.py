"""Accounts: every change is noted in the ledger before it is made."""

from shop import ledger


def deposit(account, amount):
    with ledger.noted("deposit", account=account.number, amount=amount) as entry:
        account.balance += amount
        return entry.close(account.balance)


def withdraw(account, amount):
    with ledger.noted("withdraw", account=account.number, amount=amount) as entry:
        account.balance -= amount
        return entry.close(account.balance)


def rename(account, owner):
    with ledger.noted("rename", account=account.number, owner=owner) as entry:
        account.owner = owner
        return entry.close(account.owner)


def freeze(account, reason):
    with ledger.noted("freeze", account=account.number, reason=reason) as entry:
        account.frozen = True
        return entry.close(reason)
