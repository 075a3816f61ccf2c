# r6-r9 survive calls of helpers
-- asm
	r6 = 6
	r1 = 7
	call #1000
	r0 += r6
	exit
-- result 0xd
