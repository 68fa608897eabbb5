namespace Sensorium.Tensors.Cpu.Attention;

/// <summary>What each query row of a pass sees, and what is added to its scores.</summary>
unsafe struct AttentionSight
{
    /// <summary>The first key that a row sees, and the one behind the last.</summary>
    public int* Starts, Ends;

    /// <summary>A row's place in its sequence.</summary>
    public int* Positions;

    /// <summary>[heads, BiasLength]: additions by the distance from query to key; null where there are none.</summary>
    public float* BiasLines;

    public int BiasLength;

    /// <summary>Where in a line distance 0 is.</summary>
    public int BiasOrigin;

    /// <summary>What is added to a row's score of key 0, 1, …; null where nothing is.</summary>
    public readonly float* Bias(int row, int head) => BiasLines == null ? null : BiasLines + (nint)head * BiasLength + BiasOrigin - Positions[row];
}
