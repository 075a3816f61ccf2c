# gotox is refused by name
-- asm
	raw 0x0d 0 0 0 0
	exit
-- refused gotox is not supported
