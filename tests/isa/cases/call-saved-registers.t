# r6-r9 survive calls
-- asm
	r6 = 1
	r7 = 2
	r8 = 3
	r9 = 4
	call f
	r0 = r6
	r0 <<= 4
	r0 |= r7
	r0 <<= 4
	r0 |= r8
	r0 <<= 4
	r0 |= r9
	exit
f:
	r6 = 9
	r7 = 9
	r8 = 9
	r9 = 9
	r0 = 0
	exit
-- result 0x1234
