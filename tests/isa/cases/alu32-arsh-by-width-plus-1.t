# shifts use the low bits of the count: by width + 1 is by 1
-- asm
	r0 = 0x80000003 ll
	r1 = 33
	w0 s>>= w1
	exit
-- result 0xc0000001
