# the smallest number divided by -1 is itself
-- asm
	r0 = 0x8000000000000000 ll
	r1 = 0xffffffffffffffff ll
	r0 s/= r1
	exit
-- result 0x8000000000000000
