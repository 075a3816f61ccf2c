# callbacks use the same budget
-- asm
	r1 = 1000000
	r2 = &cb
	r3 = 0
	call #1002
	exit
cb:
	r0 = 0
	exit
-- budget 500
-- fault 6 budget (500)
