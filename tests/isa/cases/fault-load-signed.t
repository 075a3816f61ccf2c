# sign-extending loads are checked, too
-- asm
	r1 = wild ll
	r0 = *(s16 *)(r1 + 0)
	exit
-- fault 2 2 bytes at 0x10000
