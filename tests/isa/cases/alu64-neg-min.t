# the negation of the smallest number is itself
-- asm
	r0 = 0x8000000000000000 ll
	r0 = -r0
	exit
-- result 0x8000000000000000
