# shifts use the low bits of the count: by width + 1 is by 1
-- asm
	r0 = 0x8000000000000003 ll
	r1 = 65
	r0 >>= r1
	exit
-- result 0x4000000000000001
