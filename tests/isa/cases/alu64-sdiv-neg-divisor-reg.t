# signed division by a negative number
-- asm
	r0 = 0xd ll
	r1 = 0xfffffffffffffffd ll
	r0 s/= r1
	exit
-- result 0xfffffffffffffffc
