namespace Sensorium.Fuzzing;

/// <summary>An input that a parser did not bear.</summary>
/// <param name="Input">The bytes.</param>
/// <param name="Problem">What happened.</param>
public sealed record Finding(byte[] Input, string Problem);

/// <summary>Gives mutated inputs to a parser.</summary>
public static class FuzzRun
{
    /// <summary>What an input may cost at most. Of the processor's time: a busy machine is no finding.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Gives one input; null where all is well.</summary>
    public static Finding? Try(FuzzParser parser, byte[] input)
    {
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(input);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long began = Environment.TickCount64;
        try
        {
            parser.One(input);
        }
        catch (Exception e)
        {
            return new Finding(input, e.ToString());
        }

        // Other threads of the process cost processor time too, so both clocks must agree.
        TimeSpan took = Environment.CpuUsage.TotalTime - before;
        return took > Limit && Environment.TickCount64 - began > Limit.TotalMilliseconds ? new Finding(input, $"took {took.TotalSeconds:0.0} s") : null;
    }

    /// <summary>For tests: every seed as it is, then so many mutations of them.</summary>
    /// <exception cref="InvalidOperationException">There was a finding; the message has the input in base 64.</exception>
    public static void Rounds(FuzzParser parser, int seed, int rounds)
    {
        ArgumentNullException.ThrowIfNull(parser);
        var mutator = new Mutator(parser, seed);
        IEnumerable<byte[]> inputs = parser.Seeds().Concat(Enumerable.Range(0, rounds).Select(_ => mutator.Next()));
        foreach (byte[] input in inputs)
        {
            if (Try(parser, input) is { } finding)
            {
                throw new InvalidOperationException($"{parser.Name}: {finding.Problem}\nThe input: {Convert.ToBase64String(finding.Input)}");
            }
        }
    }
}
