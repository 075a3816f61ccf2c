# the negation of the smallest 32-bit number is itself
-- asm
	w0 = 0x80000000
	w0 = -w0
	exit
-- result 0x80000000
