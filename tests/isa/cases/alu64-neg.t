# negation
-- asm
	r0 = 5
	r0 = -r0
	exit
-- result 0xfffffffffffffffb
