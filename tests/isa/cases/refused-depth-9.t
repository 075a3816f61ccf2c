# nine functions may not
-- asm
	r1 = 0
	call f1
	exit
f1:
	r1 += 1
	*(u64 *)(r10 - 8) = 1
	call f2
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
f2:
	r1 += 2
	*(u64 *)(r10 - 8) = 2
	call f3
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
f3:
	r1 += 3
	*(u64 *)(r10 - 8) = 3
	call f4
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
f4:
	r1 += 4
	*(u64 *)(r10 - 8) = 4
	call f5
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
f5:
	r1 += 5
	*(u64 *)(r10 - 8) = 5
	call f6
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
f6:
	r1 += 6
	*(u64 *)(r10 - 8) = 6
	call f7
	r1 = *(u64 *)(r10 - 8)
	r0 += r1
	exit
f7:
	call f8
	exit
f8:
	r0 = 0
	exit
-- refused the call stack of 9 frames is too deep
