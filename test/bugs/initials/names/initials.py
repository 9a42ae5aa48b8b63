class Names:
    separators = " -"

    def parts(self, name):
        for separator in self.separators[1:]:
            name = name.replace(separator, "")
        return name.split()


def initials(name):
    return "".join(part[0].upper() for part in Names().parts(name))
