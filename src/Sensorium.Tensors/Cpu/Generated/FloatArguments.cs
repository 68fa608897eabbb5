namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>What a generated float kernel is told: a tile of packed rows by one or two groups of 16 outputs.</summary>
unsafe struct FloatArguments
{
    /// <summary>[k][rows] float32, or [k / 2][rows] pairs of bfloat16.</summary>
    public void* A;

    /// <summary>The groups, the second null where there is one: [k][16] float32 or float16, or [k / 2][16] pairs of bfloat16.</summary>
    public void* B0, B1;

    /// <summary>[rows][16 or 32], what is there is added to or overwritten.</summary>
    public float* C;

    /// <summary>Bytes from row to row of c.</summary>
    public nint Stride;

    /// <summary>Steps: numbers of k, or pairs of them; may be zero.</summary>
    public nint Steps;

    /// <summary>Not zero: after the pairs comes a number that has no second.</summary>
    public nint Odd;

    /// <summary>Not zero: c holds sums to go on from.</summary>
    public nint Add;

    /// <summary>What the calls behind this one will read of the groups, of which a line a loop is fetched meanwhile where there are more than three rows; null: nothing.</summary>
    public void* Next0, Next1;

    /// <summary>How many times, at least once. The code counts it down, and moves the fields of the rows, the groups and c on.</summary>
    public nint Runs = 1;

    /// <summary>Bytes from run to run of the rows, of the groups and of c.</summary>
    public nint RunRows, RunGroups, RunResults;

    public FloatArguments()
    {
    }
}
