using Sensorium.Tensors.Cpu;

namespace Sensorium.Tensors.Tests.Operations;

/// <summary>A loop's items are done once each, by however many threads have a core to run on.</summary>
public sealed unsafe class WorkerTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(13)]
    public void Every_item_is_done_once(int threads)
    {
        using var team = new WorkerTeam(threads);
        int* counts = stackalloc int[40];
        for (int loop = 1; loop <= 2000; loop++)
        {
            int items = loop % 40 + 1;
            var job = new Counting { Counts = counts };
            new Span<int>(counts, 40).Clear();
            team.Run(items, ref job, loop % 3 + 1);
            for (int i = 0; i < 40; i++)
            {
                counts[i].ShouldBeLessThanOrEqualTo(1);
                (counts[i] == 1).ShouldBe(i < items);
            }
        }
    }

    [Fact]
    public void Two_callers_and_a_loop_within_a_loop()
    {
        using var team = new WorkerTeam(3);
        long total = 0;
        Parallel.For(0, 4, _ =>
        {
            for (int loop = 0; loop < 200; loop++)
            {
                var outer = new Nested { Team = team };
                team.Run(5, ref outer);
                Interlocked.Add(ref total, outer.Sum);
            }
        });
        total.ShouldBe(4 * 200 * 5 * 10);
    }

    [Fact]
    public void What_a_worker_throws_reaches_the_caller_and_the_team_goes_on()
    {
        using var team = new WorkerTeam(2);
        var failing = new Failing();
        Should.Throw<InvalidOperationException>(() => team.Run(100, ref failing));
        int* counts = stackalloc int[40];
        var job = new Counting { Counts = counts };
        team.Run(40, ref job);
        new Span<int>(counts, 40).ToArray().ShouldAllBe(c => c == 1);
    }

    struct Counting : IJob
    {
        public int* Counts;

        public readonly void Run(nint item, int worker) => Interlocked.Increment(ref Counts[item]);
    }

    struct Adding : IJob
    {
        public long Sum;

        public void Run(nint item, int worker) => Interlocked.Add(ref Sum, item);
    }

    struct Nested : IJob
    {
        public WorkerTeam Team;
        public long Sum;

        public void Run(nint item, int worker)
        {
            var inner = default(Adding);
            Team.Run(5, ref inner);
            Interlocked.Add(ref Sum, inner.Sum);
        }
    }

    struct Failing : IJob
    {
        public readonly void Run(nint item, int worker)
        {
            if (item == 57)
            {
                throw new InvalidOperationException();
            }
        }
    }
}
