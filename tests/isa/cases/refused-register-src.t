# sources, too
-- asm
	raw 0xbf 0 12 0 0
	exit
-- refused R12 is invalid
