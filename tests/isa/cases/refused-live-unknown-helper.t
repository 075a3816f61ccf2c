# an unknown helper that can be reached is refused, as libbpf expects it
-- asm
	r1 = *(u64 *)(r1 + 0)
	r0 = 4
	if r1 == 0 goto out
	call #195896080
out:
	exit
-- ctx 0
-- refused 3: (85) call unknown#195896080
-- refused invalid func unknown#195896080
