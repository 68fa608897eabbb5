using Sensorium.Tensors.Cpu;
using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Tests.Cpu;

public sealed class DeviceTests
{
    [Fact]
    public void A_tier_is_known_by_its_name()
    {
        foreach (KernelTier tier in KernelTiers.Available)
        {
            KernelTiers.Parse(tier.Name().ToUpperInvariant()).ShouldBe(tier);
        }

        Should.Throw<ArgumentException>(() => KernelTiers.Parse("sse")).Message.ShouldBe($"SENSORIUM_TIER=sse: there is no such kernel tier; this processor has {string.Join(", ", KernelTiers.Available.Select(t => t.Name()))}");
    }

    [Fact]
    public void Every_item_is_done_once_by_any_number_of_threads()
    {
        foreach (int threads in new[] { 1, 2, 3, 8 })
        {
            using var team = new WorkerTeam(threads);
            for (int round = 0; round < 200; round++)
            {
                var job = new CountJob { Counts = new int[round] };
                team.Run(round, ref job, 1 + round % 3);
                job.Counts.ShouldAllBe(n => n == 1);
            }
        }
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_team_goes_on()
    {
        using var team = new WorkerTeam(3);
        for (int round = 0; round < 20; round++)
        {
            var failing = new FailJob();
            Should.Throw<InvalidOperationException>(() => team.Run(50, ref failing)).Message.ShouldBe("item 13");
            var job = new CountJob { Counts = new int[50] };
            team.Run(50, ref job);
            job.Counts.ShouldAllBe(n => n == 1);
        }
    }

    [Fact]
    public void Callers_that_find_the_team_busy_work_alone()
    {
        using var team = new WorkerTeam(3);
        Parallel.For(0, 8, _ =>
        {
            for (int round = 0; round < 100; round++)
            {
                var job = new CountJob { Counts = new int[40] };
                team.Run(40, ref job);
                job.Counts.ShouldAllBe(n => n == 1);
            }
        });
        var nested = new NestJob { Team = team, Counts = new int[60] };
        team.Run(6, ref nested);
        nested.Counts.ShouldAllBe(n => n == 1);
    }

    [Fact]
    public void The_ways_to_multiply_bytes_agree()
    {
        var random = new Random(1);
        CpuDevice[] devices = [.. KernelTiers.Available.Select(t => Samples.Device(t))];
        foreach (DType type in new[] { DType.Q8_0, DType.Q4_0, DType.Q5_1, DType.Q6_K, DType.Q2_K, DType.Q3_K, DType.IQ4_NL })
        {
            QuantLayout layout = QuantLayout.Of(type)!;
            foreach (CpuDevice device in devices)
            {
                ExactSums(device.Tier, layout, vnni: true, random.Next());
                ExactSums(device.Tier, layout, vnni: false, random.Next());
            }
        }
    }

    /// <summary>One block with scales of one: the sum is an integer and must be exact.</summary>
    static unsafe void ExactSums(KernelTier tier, QuantLayout layout, bool vnni, int seed)
    {
        var random = new Random(seed);
        IntegerKernels kernels = IntegerKernels.Of(tier, layout, vnni);
        byte* quads = stackalloc byte[512], packed = stackalloc byte[512 + 8192];
        sbyte* a = stackalloc sbyte[4 * 32];
        RowScale* rows = stackalloc RowScale[4];
        float* scales = stackalloc float[64], c = stackalloc float[64];
        int most = (1 << (int)layout.Planes / 64) - 1;
        for (int i = 0; i < 512; i++)
        {
            quads[i] = (byte)(i % 7 == 0 ? most : random.Next(0, most + 1));
        }

        QuadPlanes.Pack(layout.Planes, quads, packed);
        if (layout.IsIndex)
        {
            QuadPlanes.Unpack(layout.Planes, isIndex: true, packed, 1, quads);
        }

        new Span<float>(scales, 32).Fill(1);
        new Span<float>(scales + 32, 32).Clear();
        for (int row = 0; row < 4; row++)
        {
            rows[row].Scale = 1;
            for (int k = 0; k < 32; k++)
            {
                a[row * 32 + k] = (sbyte)(k % 5 == 0 ? 127 : random.Next(-127, 128));
                if (k < 16)
                {
                    rows[row].First += a[row * 32 + k];
                }
                else
                {
                    rows[row].Second += a[row * 32 + k];
                }
            }

            rows[row].Both = rows[row].First + rows[row].Second;
        }

        kernels.Multiply(4, 1, a, rows, 0, quads, scales, scales + 32, layout.Offset, c, 16, false);
        for (int row = 0; row < 4; row++)
        {
            for (int lane = 0; lane < 16; lane++)
            {
                int sum = 0;
                for (int k = 0; k < 32; k++)
                {
                    sum += a[row * 32 + k] * (quads[k / 4 * 64 + lane * 4 + k % 4] - layout.Offset);
                }

                c[row * 16 + lane].ShouldBe(sum, $"{tier} {layout.Type} {vnni}");
            }
        }

        float* single = stackalloc float[16];
        kernels.MultiplyRow(1, a, rows, 0, packed, scales, scales + 32, layout.Offset, single, false);
        new ReadOnlySpan<float>(single, 16).ToArray().ShouldBe(new ReadOnlySpan<float>(c, 16).ToArray());
    }

    struct CountJob : IJob
    {
        public int[] Counts;

        public readonly void Run(nint item, int worker) => Interlocked.Increment(ref Counts[item]);
    }

    struct FailJob : IJob
    {
        public readonly void Run(nint item, int worker)
        {
            if (item == 13)
            {
                throw new InvalidOperationException("item 13");
            }
        }
    }

    struct NestJob : IJob
    {
        public WorkerTeam Team;
        public int[] Counts;

        public readonly void Run(nint item, int worker)
        {
            var inner = new InnerJob { Counts = Counts, First = (int)item * 10 };
            Team.Run(10, ref inner);
        }
    }

    struct InnerJob : IJob
    {
        public int[] Counts;
        public int First;

        public readonly void Run(nint item, int worker) => Interlocked.Increment(ref Counts[First + item]);
    }
}
