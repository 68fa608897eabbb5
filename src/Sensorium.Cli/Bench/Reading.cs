namespace Sensorium.Cli.Bench;

/// <summary>
/// Steps that read weights, each between two measurements of the memory: on a machine with others its bandwidth may double
/// from one second to the next, and only what was measured side by side tells a share.
/// </summary>
/// <param name="bytes">What a step reads.</param>
sealed class Reading(double bytes)
{
    readonly List<double> seconds = [];
    readonly List<double> shares = [];

    /// <summary>The median of a step's times.</summary>
    public double Seconds => ModelBench.Middle(seconds);

    /// <summary>The median of its shares of the bandwidth around it.</summary>
    public double Share => ModelBench.Middle(shares);

    /// <summary>The best bandwidth that was measured, bytes a second.</summary>
    public double Bandwidth { get; private set; }

    /// <summary>A step between two measurements.</summary>
    /// <param name="step">Seconds.</param>
    /// <param name="before">Bytes a second.</param>
    /// <param name="after">Bytes a second.</param>
    public void Add(double step, double before, double after)
    {
        seconds.Add(step);
        shares.Add(bytes / step / ((before + after) / 2));
        Bandwidth = Math.Max(Bandwidth, Math.Max(before, after));
    }
}
