# a callback must be a function of the program
-- asm
	r1 = 1
	r2 = 1
	r3 = 0
	call #1002
	exit
-- fault 3 callback must be a function of the program, got 1
