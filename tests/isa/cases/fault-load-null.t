# a load through NULL that is no kernel pointer
-- asm
	r1 = *(u64 *)(r1 + 0)
	r0 = *(u64 *)(r1 + 8)
	exit
-- ctx 0
-- fault 1 8 bytes at 0x8 (NULL pointer plus 8)
