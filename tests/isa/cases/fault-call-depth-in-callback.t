# calls in callbacks use frames, too: too many are noticed at run time
-- asm
	call f1
	exit
f1:
	call f2
	exit
f2:
	call f3
	exit
f3:
	call f4
	exit
f4:
	call f5
	exit
f5:
	r1 = 1
	r2 = &cb
	r3 = 0
	call #1002
	exit
cb:
	call g1
	exit
g1:
	call g2
	exit
g2:
	r0 = 0
	exit
-- fault 18 too many nested calls: at most 8 functions can be active
