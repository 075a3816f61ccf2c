# the stack
-- asm
	r1 = r10
	r1 += -8
	call #1007
	exit
-- fault 2 (stack)
