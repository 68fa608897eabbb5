namespace Sensorium.Media.Tests.Support;

static class Close
{
    /// <summary>The largest excess of |actual - expected| over atol + rtol |expected|; not above 0 where all are close.</summary>
    public static double Excess(IReadOnlyList<float> actual, IReadOnlyList<float> expected, double atol, double rtol)
    {
        actual.Count.ShouldBe(expected.Count);
        double worst = double.NegativeInfinity;
        for (int i = 0; i < actual.Count; i++)
        {
            double excess = Math.Abs((double)actual[i] - expected[i]) - (atol + (rtol * Math.Abs(expected[i])));
            worst = Math.Max(worst, double.IsNaN(excess) ? double.PositiveInfinity : excess);
        }

        return worst;
    }

    /// <summary>[height * width, channels] to [channels, height, width].</summary>
    public static float[] ChannelsFirst(float[] rows, int channels)
    {
        int pixels = rows.Length / channels;
        var planes = new float[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            planes[((i % channels) * pixels) + (i / channels)] = rows[i];
        }

        return planes;
    }
}
