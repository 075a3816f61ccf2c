# addr_space_cast is refused by name
-- asm
	raw 0xbf 1 1 1 1
	exit
-- refused addr_space_cast(r1, 0, 1)
-- refused addr_space_cast is not supported
