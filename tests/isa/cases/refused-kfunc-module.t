# there are no modules
-- asm
	raw 0x85 0 2 1 1000
	exit
-- refused there are no modules
