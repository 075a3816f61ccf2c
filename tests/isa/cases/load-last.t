# the last bytes of guest memory can be read
-- asm
	r1 = end ll
	r0 = *(u64 *)(r1 - 8)
	r0 = 3
	exit
-- result 0x3
