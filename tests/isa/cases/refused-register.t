# registers are r0 to r10
-- asm
	raw 0xb7 11 0 0 0
	exit
-- refused R11 is invalid
