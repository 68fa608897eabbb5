namespace Sensorium.Text.Tests.Templates;

public class ReferenceCaseTests
{
    [Theory]
    [InlineData("jinja", 200)]
    [InlineData("chat-templates", 400)]
    public void Every_case_of_the_bundle_renders_as_the_reference_does(string bundle, int atLeast)
    {
        if (ReferenceCases.Find(bundle) is not { } folder)
            return;
        var (count, failures) = ReferenceCases.Run(folder);
        failures.ShouldBeEmpty();
        count.ShouldBeGreaterThan(atLeast);
    }
}
