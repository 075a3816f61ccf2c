# the smallest 32-bit number divided by -1 is itself
-- asm
	r0 = 0x80000000 ll
	w0 s/= -1
	exit
-- result 0x80000000
