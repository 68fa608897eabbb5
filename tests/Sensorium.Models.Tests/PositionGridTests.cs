using Sensorium.Models.Encoders.Transformers;

namespace Sensorium.Models.Tests;

public sealed class PositionGridTests
{
    [Fact]
    public void TheSameGridStaysAsItIs()
    {
        float[] matrix = PositionGrid.Resize((2, 3), (2, 3));
        for (int i = 0; i < 6; i++)
        {
            for (int j = 0; j < 6; j++)
            {
                matrix[i * 6 + j].ShouldBe(i == j ? 1 : 0);
            }
        }
    }

    // Twice as many cells: the first stands at 0.5 · 0.5 - 0.5 = -0.25, so three quarters of a cell after cell -1, which is
    // cell 0 repeated. Keys' weights for t = 0.75, a = -0.75, at distances 1.75, 0.75, 0.25, 1.25:
    // -0.03515625, 0.26171875, 0.87890625, -0.10546875. Cells -2, -1, 0 are all cell 0.
    [Fact]
    public void TwiceAsManyByHand()
    {
        float[] shares = PositionGrid.Axis(4, 8);
        shares[0].ShouldBe(1.10546875f, 1e-6f);
        shares[1].ShouldBe(-0.10546875f, 1e-6f);
        shares[2].ShouldBe(0);

        // The second stands at 0.25: distances 1.25, 0.25, 0.75, 1.75 from cells -1, 0, 1, 2.
        shares[4].ShouldBe(-0.10546875f + 0.87890625f, 1e-6f);
        shares[5].ShouldBe(0.26171875f, 1e-6f);
        shares[6].ShouldBe(-0.03515625f, 1e-6f);
    }

    // Half as many cells, without antialiasing: each new cell stands in the middle between two old ones, where Keys' weights
    // are -0.09375, 0.59375, 0.59375, -0.09375.
    [Fact]
    public void HalfAsManyByHand()
    {
        float[] shares = PositionGrid.Axis(4, 2);
        shares[..4].ShouldBe([0.5f, 0.59375f, -0.09375f, 0], tolerance: 1e-6);
        shares[4..].ShouldBe([0, -0.09375f, 0.59375f, 0.5f], tolerance: 1e-6);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 7)]
    [InlineData(24, 37)]
    [InlineData(9, 4)]
    public void SharesSumToOne(int from, int to)
    {
        float[] shares = PositionGrid.Axis(from, to);
        for (int i = 0; i < to; i++)
        {
            shares.AsSpan(i * from, from).ToArray().Sum().ShouldBe(1, 1e-5f);
        }
    }

    [Fact]
    public void RowsAndColumnsAreResizedEachByItsOwnAxis()
    {
        float[] matrix = PositionGrid.Resize((2, 3), (4, 6));
        float[] vertical = PositionGrid.Axis(2, 4);
        float[] horizontal = PositionGrid.Axis(3, 6);
        matrix[(3 * 6 + 4) * 6 + 1 * 3 + 2].ShouldBe(vertical[3 * 2 + 1] * horizontal[4 * 3 + 2], 1e-6f);
    }
}
